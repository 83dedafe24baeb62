variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "force_destroy" {
  description = "Whether the bucket is deleted with its objects."
  type        = bool
}

variable "old_versions_days" {
  description = "How long replaced and deleted objects are kept."
  type        = number
}

variable "transition_ia_days" {
  description = "After how many days objects move to infrequent access; null for never."
  type        = number
}
