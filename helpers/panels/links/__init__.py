"""The panel of a link: its faults and the size of `recv` on sliders, and what a run through it did."""
