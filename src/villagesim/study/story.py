def tell(*a): return ""
