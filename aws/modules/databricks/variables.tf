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

variable "principal" {
  description = "The role of Databricks that assumes these roles."
  type        = string
}

variable "external_ids" {
  description = "External ids of the two credentials."
  type        = object({ landing = string, kinesis = string })
}

variable "landing_bucket_arn" {
  description = "ARN of the landing bucket."
  type        = string
}
