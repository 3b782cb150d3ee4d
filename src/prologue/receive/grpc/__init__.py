"""The gRPC server and its services. Next chapter: `prologue.receive.grpc.server`."""
