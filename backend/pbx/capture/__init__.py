"""Records AMI streams of a live PBX, without secrets and, if asked, without numbers."""
