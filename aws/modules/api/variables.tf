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
  description = "Part of the streams' names."
  type        = string
}

variable "stage" {
  description = "Name of the stage."
  type        = string
}

variable "throttle" {
  description = "Requests per second, at once, and per day (null for no limit)."
  type        = object({ rate = number, burst = number, quota = number })
}

variable "manage_logging" {
  description = "Whether to set the account's role for logs."
  type        = bool
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the load balancer."
  type        = list(string)
}

variable "proxy" {
  description = "The REST proxy: its instance, the instance's security group, and its port."
  type        = object({ instance_id = string, security_group_id = string, port = number })
}

variable "authorization" {
  description = "NONE: the API key is enough. AWS_IAM: clients sign their requests, too."
  type        = string
}

variable "proxy_secret" {
  description = "Secret that the REST proxy requires in the header X-Proxy-Secret."
  type        = string
  sensitive   = true
}
