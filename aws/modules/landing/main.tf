locals {
  # The file that the local stack uses, too. On AWS, no endpoint replaces S3's own.
  placeholders = {
    user_id                        = var.user_id
    bucket                         = var.bucket
    region                         = var.region
    store_url                      = ""
    path_style_access              = "false"
    flush_size                     = tostring(var.size.flush_size)
    rotate_schedule_interval_ms    = tostring(var.size.rotate_seconds * 1000)
    tasks_max                      = tostring(var.size.tasks)
    dead_letter_replication_factor = tostring(var.replication_factor)
  }
  configuration = jsondecode(templatefile(
    "${path.module}/../../../ingestion/s3_landing_connector/connector.json",
    local.placeholders,
  ))
}

module "bucket" {
  source = "../bucket"

  bucket             = var.bucket
  force_destroy      = var.force_destroy
  old_versions_days  = 90
  transition_ia_days = 90
}

resource "aws_iam_role" "connector" {
  name = "${var.name}-connector"

  assume_role_policy = templatefile("${path.module}/../../policies/trust_service.json", {
    services   = ["kafkaconnect.amazonaws.com"]
    account_id = var.account_id
  })
}

resource "aws_iam_role_policy" "connector" {
  name = "connector"
  role = aws_iam_role.connector.id

  policy = templatefile("${path.module}/../../policies/connector.json", {
    region         = var.region
    account_id     = var.account_id
    user_id        = var.user_id
    bucket         = var.bucket
    cluster_name   = var.cluster_name
    connector_name = var.connector_name
  })
}

resource "aws_security_group" "connector" {
  name        = "${var.name}-connector"
  description = "Workers of MSK Connect"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "brokers" {
  security_group_id            = aws_security_group.connector.id
  description                  = "Kafka by IAM"
  referenced_security_group_id = var.broker_group_id
  ip_protocol                  = "tcp"
  from_port                    = 9098
  to_port                      = 9098
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.connector.id
  description       = "S3 by the gateway endpoint"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  security_group_id = aws_security_group.connector.id
  description       = "Endpoints of AWS services"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_s3_object" "plugin" {
  bucket      = var.artifacts.id
  key         = "connect-plugins/${basename(var.plugin)}"
  source      = var.plugin
  source_hash = filemd5(var.plugin)
}

# A plugin never changes: another zip becomes another plugin.
resource "aws_mskconnect_custom_plugin" "this" {
  name         = "${var.name}-${substr(filemd5(var.plugin), 0, 8)}"
  content_type = "ZIP"

  location {
    s3 {
      bucket_arn     = var.artifacts.arn
      file_key       = aws_s3_object.plugin.key
      object_version = aws_s3_object.plugin.version_id
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts all logs; a customer-managed key would only add costs.
  #checkov:skip=CKV_AWS_338:The retention is a variable.
  name              = "/msk-connect/${var.connector_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_mskconnect_connector" "this" {
  name                       = var.connector_name
  kafkaconnect_version       = "3.7.x"
  service_execution_role_arn = aws_iam_role.connector.arn

  connector_configuration = merge(
    { for property, value in local.configuration : property => value if value != "" },
    { "connector.class" = var.connector_class },
  )

  capacity {
    provisioned_capacity {
      mcu_count    = var.size.mcu
      worker_count = var.size.workers
    }
  }

  kafka_cluster {
    apache_kafka_cluster {
      bootstrap_servers = var.bootstrap_servers

      vpc {
        security_groups = [aws_security_group.connector.id]
        subnets         = var.subnet_ids
      }
    }
  }

  kafka_cluster_client_authentication {
    authentication_type = "IAM"
  }

  kafka_cluster_encryption_in_transit {
    encryption_type = "TLS"
  }

  plugin {
    custom_plugin {
      arn      = aws_mskconnect_custom_plugin.this.arn
      revision = aws_mskconnect_custom_plugin.this.latest_revision
    }
  }

  log_delivery {
    worker_log_delivery {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.this.name
      }
    }
  }

  depends_on = [
    aws_iam_role_policy.connector,
    aws_vpc_security_group_egress_rule.brokers,
    aws_vpc_security_group_egress_rule.endpoints,
    aws_vpc_security_group_egress_rule.s3,
    module.bucket,
  ]
}
