resource "aws_kinesis_stream" "this" {
  #checkov:skip=CKV_AWS_185:The key of AWS encrypts the records; a customer-managed key would only add costs and key policies.
  for_each = var.streams

  name             = each.value
  shard_count      = var.mode == "PROVISIONED" ? var.shards : null
  retention_period = var.retention_hours
  encryption_type  = "KMS"
  kms_key_id       = "alias/aws/kinesis"

  stream_mode_details {
    stream_mode = var.mode
  }
}
