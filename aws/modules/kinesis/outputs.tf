output "arns" {
  description = "ARNs of the streams, by event."
  value       = { for event, stream in aws_kinesis_stream.this : event => stream.arn }
}
