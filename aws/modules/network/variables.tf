variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
}

variable "nat_gateway" {
  description = "Whether private subnets reach the internet."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services with an endpoint in the private subnets."
  type        = set(string)
}
