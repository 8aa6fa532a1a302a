"""`python -m tandem_client` and the program `tandem`."""

import os

# Pydantic would read what each installed distribution offers as a plugin. No command needs one, all would wait for it.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from tandem_client.cli.app import main

if __name__ == "__main__":
    main()
