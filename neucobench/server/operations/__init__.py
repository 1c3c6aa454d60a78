"""What hosts do with a server as a whole: back up, restore, export, import."""
