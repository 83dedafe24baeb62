variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "type" {
  description = "serverless or provisioned."
  type        = string
}

variable "provisioned" {
  description = "Brokers of a provisioned cluster."
  type = object({
    kafka_version    = string
    instance_type    = string
    brokers_per_zone = number
    volume_gib       = number
  })
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the brokers, one per zone."
  type        = list(string)
}

variable "client_security_group_ids" {
  description = "Security groups that may reach the brokers, by their use."
  type        = map(string)
}

variable "log_retention_days" {
  description = "How long the brokers' logs are kept."
  type        = number
}
