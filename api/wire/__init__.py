"""What two dialects need of the wire: fields, objects, values, and how arguments are read and refused."""
