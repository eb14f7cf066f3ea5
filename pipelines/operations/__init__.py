"""Operating the platform: runs, servers, status and the demonstration."""
