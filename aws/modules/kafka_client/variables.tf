variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "subnet_id" {
  type = string
}

variable "bootstrap_servers" {
  type = string
}

variable "cluster_arn" {
  type = string
}

variable "region" {
  type = string
}

variable "user_id" {
  type = string
}

variable "instance_type" {
  type    = string
  default = "t3.small"
}

variable "key_name" {
  type    = string
  default = null
}

variable "proxy_port" {
  type    = number
  default = 8082
}

variable "proxy_source" {
  type = string
}

variable "artifact_bucket_arn" {
  type = string
}

variable "client_cidr" {
  type = string
}

variable "shared_secret_parameter" {
  type    = string
  default = null
}

variable "tags" {
  type    = map(string)
  default = {}
}
