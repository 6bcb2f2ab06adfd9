import os
import subprocess

os.path.exists('/@mark/start')
subprocess.run(['true'])
os.path.exists('/@mark/started')
