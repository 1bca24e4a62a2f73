"""What is for sale, what a customer has, and how they came by it, as JSON."""
