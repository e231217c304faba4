"""villagesim: a laboratory for rural e-commerce and social work in Chinese villages."""

__version__ = "0.1.0"
