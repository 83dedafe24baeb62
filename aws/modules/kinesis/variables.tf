variable "streams" {
  description = "Names of the streams, by event."
  type        = map(string)
}

variable "mode" {
  description = "ON_DEMAND or PROVISIONED."
  type        = string
}

variable "shards" {
  description = "Shards of each provisioned stream."
  type        = number
}

variable "retention_hours" {
  description = "How long records are kept."
  type        = number
}
