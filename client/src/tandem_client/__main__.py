"""`python -m tandem_client` and the program `tandem`."""

from tandem_client.cli.app import main

if __name__ == "__main__":
    main()
