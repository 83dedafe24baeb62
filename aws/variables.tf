variable "name" {
  description = "Prefix of the names of all resources."
  type        = string
  default     = "pinterest"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "Expected 3 to 20 lowercase letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "Expected a region of the partition aws, such as us-east-1."
  }
}

variable "user_id" {
  description = "Part of the names of topics and streams: <user-id>.pin, streaming-<user-id>-pin."
  type        = string
  default     = "demo"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,112}$", var.user_id))
    error_message = "Expected 1 to 113 letters, digits, '.', '_' and '-', beginning with a letter or digit."
  }
}

variable "tags" {
  description = "Tags of all resources, added to project and user_id."
  type        = map(string)
  default     = {}
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps logs, in days."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_retention_days)
    error_message = "Expected a retention of CloudWatch Logs: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400 days."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy also deletes the objects of the buckets."
  type        = bool
  default     = false
}

# Network

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && try(tonumber(split("/", var.vpc_cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.vpc_cidr)[1]), 99) <= 20
    error_message = "Expected a CIDR block between /16 and /20, such as 10.20.0.0/16."
  }
}

variable "nat_gateway" {
  description = "Whether private subnets reach the internet. MWAA needs it and creates it in any case."
  type        = bool
  default     = false
}

variable "interface_endpoints" {
  description = "AWS services with an endpoint in the private subnets. Session Manager needs ssm and ssmmessages."
  type        = set(string)
  default     = ["kinesis-streams", "sts", "ssm", "ssmmessages"]

  validation {
    condition     = length(setsubtract(["ssm", "ssmmessages"], var.interface_endpoints)) == 0
    error_message = "Expected ssm and ssmmessages among the endpoints: the client has no other way in."
  }
}

# MSK

variable "msk_type" {
  description = "Kind of the MSK cluster: serverless or provisioned."
  type        = string
  default     = "serverless"

  validation {
    condition     = contains(["serverless", "provisioned"], var.msk_type)
    error_message = "Expected serverless or provisioned."
  }
}

variable "msk_provisioned" {
  description = "Brokers of a provisioned cluster; ignored by a serverless one."
  type = object({
    kafka_version    = optional(string, "3.8.x")
    instance_type    = optional(string, "kafka.t3.small")
    brokers_per_zone = optional(number, 2)
    volume_gib       = optional(number, 50)
  })
  default = {}

  validation {
    condition     = var.msk_provisioned.brokers_per_zone >= 2 && floor(var.msk_provisioned.brokers_per_zone) == var.msk_provisioned.brokers_per_zone
    error_message = "Expected a whole number of brokers in each of the two zones, at least 2: every record has three copies."
  }

  validation {
    condition     = var.msk_provisioned.volume_gib >= 1 && var.msk_provisioned.volume_gib <= 16384
    error_message = "Expected 1 to 16384 GiB per broker."
  }
}

# Kafka client and REST proxy

variable "proxy_archive" {
  description = "Path of the archive with the REST proxy. make aws-artifacts builds it."
  type        = string
  default     = "../.local/build/aws/kafka-rest.zip"

  validation {
    condition     = fileexists(var.proxy_archive)
    error_message = "Expected the archive of the REST proxy at this path; build it with: make aws-artifacts"
  }
}

variable "instance_type" {
  description = "Type of the Kafka client, which also runs the REST proxy."
  type        = string
  default     = "t3.small"
}

variable "key_name" {
  description = "Name of an EC2 key pair for the client; null for none. Session Manager needs none."
  type        = string
  default     = null
}

variable "partitions" {
  description = "Partitions of each topic. It cannot change later."
  type        = number
  default     = 3

  validation {
    condition     = var.partitions >= 1 && floor(var.partitions) == var.partitions
    error_message = "Expected a whole number of partitions, at least 1."
  }
}

# Landing

variable "landing_bucket" {
  description = "Name of the landing bucket; null for <name>-landing-<account>."
  type        = string
  default     = null

  validation {
    condition     = var.landing_bucket == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.landing_bucket))
    error_message = "Expected 3 to 63 lowercase letters, digits and hyphens."
  }
}

variable "connector_plugin" {
  description = "Path of the sink plugin's zip. make aws-artifacts builds ours."
  type        = string
  default     = "../ingestion/s3_landing_connector/target/s3-landing-connector-0.1.0-plugin.zip"

  validation {
    condition     = fileexists(var.connector_plugin)
    error_message = "Expected the zip of a Kafka Connect plugin at this path; build ours with: make aws-artifacts"
  }
}

variable "connector_class" {
  description = "Class of the sink: ours, or Confluent's S3 sink if connector_plugin is its zip."
  type        = string
  default     = "org.pinterestpipeline.landing.S3LandingConnector"

  validation {
    condition     = contains(["org.pinterestpipeline.landing.S3LandingConnector", "io.confluent.connect.s3.S3SinkConnector"], var.connector_class)
    error_message = "Expected org.pinterestpipeline.landing.S3LandingConnector or io.confluent.connect.s3.S3SinkConnector."
  }
}

variable "connector" {
  description = "Size of the connector, and when it writes an object: after flush_size records or rotate_seconds."
  type = object({
    tasks          = optional(number, 3)
    workers        = optional(number, 1)
    mcu            = optional(number, 1)
    flush_size     = optional(number, 10000)
    rotate_seconds = optional(number, 60)
  })
  default = {}

  validation {
    condition     = contains([1, 2, 4, 8], var.connector.mcu) && var.connector.workers >= 1 && var.connector.workers <= 10
    error_message = "Expected 1, 2, 4 or 8 units (MCU) per worker, and 1 to 10 workers."
  }

  validation {
    condition     = var.connector.tasks >= 1 && var.connector.flush_size >= 1 && var.connector.rotate_seconds >= 1
    error_message = "Expected at least 1 task, 1 record per object and 1 second."
  }
}

# API

variable "api_stage" {
  description = "Name of the API's stage, the first part of every path."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[A-Za-z0-9_]{1,128}$", var.api_stage))
    error_message = "Expected 1 to 128 letters, digits and underscores."
  }
}

variable "api_authorization" {
  description = "Who may post: NONE (whoever has the API key) or AWS_IAM (with the key and the policy api_caller_policy_arn)."
  type        = string
  default     = "NONE"

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.api_authorization)
    error_message = "Expected NONE or AWS_IAM."
  }
}

variable "api_throttle" {
  description = "Usage plan: average requests per second, requests at once, and requests per day (null for no limit)."
  type = object({
    rate  = optional(number, 100)
    burst = optional(number, 200)
    quota = optional(number)
  })
  default = {}

  validation {
    condition     = var.api_throttle.rate > 0 && var.api_throttle.rate <= 10000 && var.api_throttle.burst >= 1 && var.api_throttle.burst <= 5000
    error_message = "Expected a rate up to 10000 and a burst from 1 to 5000, the limits of an AWS account."
  }
}

variable "manage_api_logging" {
  description = "Whether to set the role with which API Gateway writes logs. It is one setting for the account and region."
  type        = bool
  default     = true
}

# Kinesis

variable "kinesis" {
  description = "Capacity of each stream (ON_DEMAND, or PROVISIONED with shards), and its retention."
  type = object({
    mode            = optional(string, "ON_DEMAND")
    shards          = optional(number, 2)
    retention_hours = optional(number, 168)
  })
  default = {}

  validation {
    condition     = contains(["ON_DEMAND", "PROVISIONED"], var.kinesis.mode)
    error_message = "Expected the mode ON_DEMAND or PROVISIONED."
  }

  validation {
    condition     = var.kinesis.shards >= 1 && floor(var.kinesis.shards) == var.kinesis.shards
    error_message = "Expected a whole number of shards, at least 1."
  }

  validation {
    condition     = var.kinesis.retention_hours >= 24 && var.kinesis.retention_hours <= 8760
    error_message = "Expected a retention of 24 to 8760 hours."
  }
}

# Databricks

variable "databricks_principal" {
  description = "The role of Databricks that assumes the roles for Unity Catalog."
  type        = string
  default     = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"

  validation {
    condition     = can(regex("^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.databricks_principal))
    error_message = "Expected the ARN of one role, such as arn:aws:iam::<account>:role/<name>."
  }
}

variable "databricks_external_ids" {
  description = "External ids that Databricks shows after it has created the credentials; 0000 before."
  type = object({
    landing = optional(string, "0000")
    kinesis = optional(string, "0000")
  })
  default = {}

  validation {
    condition     = alltrue([for id in values(var.databricks_external_ids) : can(regex("^[A-Za-z0-9-]{4,64}$", id))])
    error_message = "Expected an external id as Databricks shows it: 4 to 64 letters, digits and hyphens."
  }
}

# MWAA

variable "mwaa_enabled" {
  description = "Whether to create Airflow (MWAA). It costs about 400 US dollars a month and needs the NAT gateway."
  type        = bool
  default     = false
}

variable "airflow_version" {
  description = "Version of Airflow. The DAG is tested with 3.2.1 and 3.3.1."
  type        = string
  default     = "3.3.1"

  validation {
    condition     = can(regex("^3\\.[0-9]+\\.[0-9]+$", var.airflow_version))
    error_message = "Expected a version of Airflow 3 that MWAA has an image for, such as 3.3.1."
  }
}

variable "mwaa_environment_class" {
  description = "Size of the MWAA environment."
  type        = string
  default     = "mw1.small"

  validation {
    condition     = contains(["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"], var.mwaa_environment_class)
    error_message = "Expected mw1.micro, mw1.small, mw1.medium, mw1.large, mw1.xlarge or mw1.2xlarge."
  }
}

variable "databricks_job_name" {
  description = "Name of the Databricks job that the DAG runs."
  type        = string
  default     = "clean_landing"
}

variable "databricks_connection" {
  description = "The DAG's connection: host of the workspace and application id of a service principal that trusts MWAA's role. Null: store the secret by hand."
  type = object({
    host      = string
    client_id = string
  })
  default = null

  validation {
    condition     = var.databricks_connection == null || !can(regex("/", var.databricks_connection.host))
    error_message = "Expected the host without a scheme or path, such as <workspace>.cloud.databricks.com."
  }

  # Provider 7.18.1, of Airflow 3.3, is the first with the login federated_aws.
  validation {
    condition     = var.databricks_connection == null || try(tonumber(split(".", var.airflow_version)[1]), 0) >= 3
    error_message = "Expected Airflow 3.3 or later for a connection without a secret; with 3.2, store the secret by hand."
  }
}

# Monitoring

variable "alarm_email" {
  description = "Address for alarms and the budget; null for none. AWS sends a confirmation first."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "Expected an e-mail address."
  }
}

variable "budget_usd" {
  description = "Monthly budget of the account in US dollars."
  type        = number
  default     = 1000

  validation {
    condition     = var.budget_usd > 0
    error_message = "Expected a positive amount."
  }
}

variable "alarm_thresholds" {
  description = "Alarm thresholds: records behind and percent of a disk (Kafka), milliseconds behind (Kinesis), failed requests in 5 minutes (API)."
  type = object({
    consumer_lag_records    = optional(number, 100000)
    disk_used_percent       = optional(number, 80)
    iterator_age_ms         = optional(number, 600000)
    api_errors              = optional(number, 5)
    api_refused             = optional(number, 100)
    throttled_stream_writes = optional(number, 10)
  })
  default = {}

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 1])
    error_message = "Expected thresholds of at least 1."
  }
}
