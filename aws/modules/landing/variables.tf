variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "account_id" {
  description = "AWS account."
  type        = string
}

variable "user_id" {
  description = "Part of the topics' names."
  type        = string
}

variable "bucket" {
  description = "Name of the landing bucket."
  type        = string
}

variable "force_destroy" {
  description = "Whether the bucket is deleted with its objects."
  type        = bool
}

variable "log_retention_days" {
  description = "How long the workers' logs are kept."
  type        = number
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the workers."
  type        = list(string)
}

variable "s3_prefix_list_id" {
  description = "Addresses of S3 behind the gateway endpoint."
  type        = string
}

variable "cluster_name" {
  description = "Name of the MSK cluster."
  type        = string
}

variable "bootstrap_servers" {
  description = "Brokers."
  type        = string
}

variable "broker_group_id" {
  description = "Security group of the brokers."
  type        = string
}

variable "replication_factor" {
  description = "Copies of each dead letter."
  type        = number
}

variable "artifacts" {
  description = "The bucket of the plugin."
  type        = object({ id = string, arn = string })
}

variable "connector_name" {
  description = "Name of the connector; its consumer group is connect-<name>."
  type        = string
}

variable "connector_class" {
  description = "Class of the sink."
  type        = string
}

variable "plugin" {
  description = "Path of the plugin's zip."
  type        = string
}

variable "size" {
  description = "Workers, tasks, and when an object is written."
  type = object({
    tasks          = number
    workers        = number
    mcu            = number
    flush_size     = number
    rotate_seconds = number
  })
}
