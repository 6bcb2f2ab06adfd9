import os

os.path.exists('/@mark/read')
with open(__file__) as file:
    file.read()
os.path.exists('/@mark/done')
