import os
import subprocess

os.path.exists('/@mark/start')
# What is to be called in the child can't be called after vfork.
subprocess.run(['true'], preexec_fn=os.setsid)
os.path.exists('/@mark/started')
