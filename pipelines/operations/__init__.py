"""Operating the platform: runs, servers, the state of everything, the demonstration."""
