"""The panel of bytes and text: a text encoded, cut, dropped byte by byte, and decoded."""
