def read_pipeline(path, root):
    return [], []
