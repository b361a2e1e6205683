"""`python -m gexfocus_mcp` is the same program as `gexfocus-mcp`."""

import sys

from gexfocus_mcp.cli import main


if __name__ == "__main__":
    sys.exit(main())
