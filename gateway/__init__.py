"""A claims gateway: claims out as X12 837 over SFTP, acknowledgements and remittances back, posted to the cent."""

__version__ = "0.1.0"
