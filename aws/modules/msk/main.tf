locals {
  serverless  = var.type == "serverless"
  provisioned = !local.serverless
  # What a serverless cluster has in any case.
  replication_factor = 3
  brokers            = local.provisioned ? var.provisioned.brokers_per_zone * length(var.subnet_ids) : 0
}

resource "aws_security_group" "this" {
  name        = var.name
  description = "Brokers of MSK"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "iam" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  description                  = "Kafka by IAM from the ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 9098
  to_port                      = 9098
}

# TLS and encryption at rest cannot be turned off.
resource "aws_msk_serverless_cluster" "this" {
  count = local.serverless ? 1 : 0

  cluster_name = var.name

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.this.id]
  }

  client_authentication {
    sasl {
      iam {
        enabled = true
      }
    }
  }
}

resource "aws_msk_configuration" "this" {
  count = local.provisioned ? 1 : 0

  name = var.name

  server_properties = <<-EOT
    auto.create.topics.enable=false
    default.replication.factor=${local.replication_factor}
    min.insync.replicas=${local.replication_factor - 1}
    unclean.leader.election.enable=false
  EOT
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts all logs; a customer-managed key would only add costs.
  #checkov:skip=CKV_AWS_338:The retention is a variable.
  count = local.provisioned ? 1 : 0

  name              = "/msk/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_msk_cluster" "this" {
  #checkov:skip=CKV_AWS_291:Access is by IAM only, and the brokers are in private subnets.
  count = local.provisioned ? 1 : 0

  cluster_name           = var.name
  kafka_version          = var.provisioned.kafka_version
  number_of_broker_nodes = local.brokers
  enhanced_monitoring    = "DEFAULT"

  broker_node_group_info {
    instance_type   = var.provisioned.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.this.id]

    storage_info {
      ebs_storage_info {
        volume_size = var.provisioned.volume_gib
      }
    }
  }

  client_authentication {
    unauthenticated = false

    sasl {
      iam = true
    }
  }

  # At rest with the key of AWS.
  encryption_info {
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this[0].arn
    revision = aws_msk_configuration.this[0].latest_revision
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.this[0].name
      }
    }
  }
}
