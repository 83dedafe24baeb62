variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "account_id" {
  description = "AWS account."
  type        = string
}

variable "email" {
  description = "Address for alarms; null for none."
  type        = string
}

variable "budget_usd" {
  description = "Monthly budget in US dollars."
  type        = number
}

variable "thresholds" {
  description = "Alarm thresholds."
  type = object({
    consumer_lag_records    = number
    disk_used_percent       = number
    iterator_age_ms         = number
    api_errors              = number
    api_refused             = number
    throttled_stream_writes = number
  })
}

variable "cluster_name" {
  description = "Name of the MSK cluster."
  type        = string
}

variable "connector_name" {
  description = "Name of the connector."
  type        = string
}

variable "connector_log_group" {
  description = "Name of the connector's log group."
  type        = string
}

variable "brokers" {
  description = "Number of brokers with disks; 0 for a serverless cluster."
  type        = number
}

variable "topics" {
  description = "Topics of the events."
  type        = list(string)
}

variable "streams" {
  description = "Streams of the events."
  type        = list(string)
}

variable "api" {
  description = "Name and stage of the API."
  type        = object({ name = string, stage = string })
}

variable "load_balancer" {
  description = "Names of the load balancer and its targets in CloudWatch."
  type        = object({ load_balancer = string, targets = string })
}
