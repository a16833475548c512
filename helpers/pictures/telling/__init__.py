"""In which order a picture tells the calls of a recording, and what links did on the way: what several pictures need."""
