variable "name" {
  description = "Name of the environment."
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

variable "airflow_version" {
  description = "Version of Airflow."
  type        = string
}

variable "environment_class" {
  description = "Size of the environment."
  type        = string
}

variable "job_name" {
  description = "Name of the Databricks job that the DAG runs."
  type        = string
}

variable "connection" {
  description = "Host of the workspace and application id of the service principal; null: store the secret by hand."
  type        = object({ host = string, client_id = string })
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Two private subnets with a way to the internet."
  type        = list(string)
}

variable "artifacts" {
  description = "The bucket of the DAG and its requirements."
  type        = object({ id = string, arn = string })
}
