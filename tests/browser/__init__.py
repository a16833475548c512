"""What a person sees, hears and does: the course in a real JupyterLab, in a real browser."""
