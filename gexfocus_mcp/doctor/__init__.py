"""What keeps the program from answering, looked for one thing at a time, each with its fix; never a key in it."""
