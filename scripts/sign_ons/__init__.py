"""What signs people in where the recipes are tried, one a file."""
