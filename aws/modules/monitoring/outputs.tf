output "topic_arn" {
  description = "SNS topic of the alarms and the budget."
  value       = aws_sns_topic.this.arn
}
