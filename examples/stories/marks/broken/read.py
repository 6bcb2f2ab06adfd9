import os

os.path.exists('/@mark/read')
with open(__file__) as file:
    for line in file:
        file.fileno()
        os.stat(__file__)
os.path.exists('/@mark/done')
