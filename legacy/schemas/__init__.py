"""Arguments and objects as old clients spell them; the words of this dialect stay here."""
