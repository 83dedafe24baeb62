variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the MSK cluster."
  type        = string
}

variable "subnet_id" {
  description = "Private subnet with endpoints for S3 and Session Manager; the instance needs no NAT."
  type        = string
}

variable "bootstrap_servers" {
  description = "Brokers of the MSK cluster for IAM, comma-separated."
  type        = string

  validation {
    condition     = can(regex("^[^,:\\s]+:\\d+(,[^,:\\s]+:\\d+)*$", var.bootstrap_servers))
    error_message = "Expected brokers as host:port, separated by commas."
  }
}

variable "cluster_arn" {
  description = "ARN of the MSK cluster."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:kafka:[^:]+:\\d{12}:cluster/[^/]+/[^/]+$", var.cluster_arn))
    error_message = "Expected an ARN such as arn:aws:kafka:us-east-1:123456789012:cluster/name/uuid."
  }
}

variable "region" {
  description = "AWS region of the MSK cluster."
  type        = string
}

variable "user_id" {
  description = "Prefix of the topics."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,112}$", var.user_id))
    error_message = "Expected 1 to 113 letters, digits, '.', '_' and '-', beginning with a letter or digit."
  }
}

variable "partitions" {
  description = "Partitions of each topic of events. It cannot change later."
  type        = number
  default     = 3

  validation {
    condition     = var.partitions >= 1 && floor(var.partitions) == var.partitions
    error_message = "Expected a whole number of at least 1."
  }
}

variable "instance_type" {
  description = "Type of the instance, of the x86_64 architecture."
  type        = string
  default     = "t3.small"
}

variable "key_name" {
  description = "Key pair for SSH through Session Manager; null for none. Port 22 is closed in any case."
  type        = string
  default     = null
}

variable "proxy_port" {
  description = "Port of the REST proxy."
  type        = number
  default     = 8082

  validation {
    condition     = var.proxy_port >= 1024 && var.proxy_port <= 65535
    error_message = "Expected a port from 1024 to 65535: the proxy does not run as root."
  }
}

variable "proxy_source" {
  description = "S3 URI of the archive with the proxy and Kafka's tools, which make aws-artifacts builds."
  type        = string

  validation {
    condition     = can(regex("^s3://[^/'\\s]+/[^'\\s]+$", var.proxy_source))
    error_message = "Expected an S3 URI without spaces or quotes, such as s3://bucket/kafka-rest.zip."
  }
}

variable "artifact_bucket_arn" {
  description = "ARN of the bucket with the archive."
  type        = string
}

variable "shared_secret" {
  description = "Name and ARN of the SSM parameter with the secret that requests to the proxy must carry."
  type        = object({ name = string, arn = string })
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
