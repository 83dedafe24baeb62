"""The local Kinesis: the streams of the streaming half, kept in the state folder."""
