locals {
  dags = "${path.module}/../../../resources/dags"
  # The constraints of the requirements must be those of the image.
  requirements = replace(
    file("${local.dags}/requirements.txt"),
    "/constraints-[0-9]+\\.[0-9]+\\.[0-9]+/",
    "constraints-${var.airflow_version}",
  )
  connection = var.connection == null ? null : jsonencode({
    conn_type = "databricks"
    host      = var.connection.host
    login     = "federated_aws"
    extra     = { client_id = var.connection.client_id, aws_conn_id = "aws_default" }
  })
}

resource "aws_iam_role" "this" {
  name = "${var.name}-mwaa"

  assume_role_policy = templatefile("${path.module}/../../policies/trust_service.json", {
    services   = ["airflow-env.amazonaws.com", "airflow.amazonaws.com"]
    account_id = var.account_id
  })
}

resource "aws_iam_role_policy" "this" {
  name = "mwaa"
  role = aws_iam_role.this.id

  policy = templatefile("${path.module}/../../policies/mwaa.json", {
    region      = var.region
    account_id  = var.account_id
    environment = var.name
    bucket_arn  = var.artifacts.arn
  })
}

resource "aws_security_group" "this" {
  name        = "${var.name}-mwaa"
  description = "Airflow"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "itself" {
  security_group_id            = aws_security_group.this.id
  description                  = "Parts of Airflow among themselves"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "itself" {
  security_group_id            = aws_security_group.this.id
  description                  = "Parts of Airflow among themselves"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "AWS, Databricks, and the packages of the requirements"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_s3_object" "dag" {
  bucket      = var.artifacts.id
  key         = "airflow/dags/pinterest_batch.py"
  source      = "${local.dags}/pinterest_batch.py"
  source_hash = filemd5("${local.dags}/pinterest_batch.py")
}

resource "aws_s3_object" "requirements" {
  bucket  = var.artifacts.id
  key     = "airflow/requirements.txt"
  content = local.requirements
}

resource "aws_secretsmanager_secret" "job_name" {
  #checkov:skip=CKV_AWS_149:The key of AWS encrypts the secret; it is the name of a job.
  #checkov:skip=CKV2_AWS_57:It is the name of a job.
  name                    = "airflow/variables/pinterest_job_name"
  description             = "Name of the Databricks job that the DAG runs"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "job_name" {
  secret_id     = aws_secretsmanager_secret.job_name.id
  secret_string = var.job_name
}

resource "aws_secretsmanager_secret" "connection" {
  #checkov:skip=CKV_AWS_149:The key of AWS encrypts the secret.
  #checkov:skip=CKV2_AWS_57:The connection has no password: the role of MWAA is the identity.
  name                    = "airflow/connections/databricks_default"
  description             = "Connection of the DAG to Databricks"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "connection" {
  count = var.connection == null ? 0 : 1

  secret_id     = aws_secretsmanager_secret.connection.id
  secret_string = local.connection
}

resource "aws_mwaa_environment" "this" {
  name                  = var.name
  airflow_version       = var.airflow_version
  environment_class     = var.environment_class
  execution_role_arn    = aws_iam_role.this.arn
  webserver_access_mode = "PRIVATE_ONLY"

  source_bucket_arn              = var.artifacts.arn
  dag_s3_path                    = "airflow/dags"
  requirements_s3_path           = aws_s3_object.requirements.key
  requirements_s3_object_version = aws_s3_object.requirements.version_id

  airflow_configuration_options = {
    "core.dags_are_paused_at_creation" = "False"
    "secrets.backend"                  = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
    "secrets.backend_kwargs"           = jsonencode({ connections_prefix = "airflow/connections", variables_prefix = "airflow/variables" })
  }

  network_configuration {
    security_group_ids = [aws_security_group.this.id]
    subnet_ids         = var.subnet_ids
  }

  logging_configuration {
    dag_processing_logs {
      enabled   = true
      log_level = "WARNING"
    }

    scheduler_logs {
      enabled   = true
      log_level = "WARNING"
    }

    task_logs {
      enabled   = true
      log_level = "INFO"
    }

    webserver_logs {
      enabled   = true
      log_level = "WARNING"
    }

    worker_logs {
      enabled   = true
      log_level = "WARNING"
    }
  }

  depends_on = [
    aws_iam_role_policy.this,
    aws_s3_object.dag,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.itself,
    aws_vpc_security_group_ingress_rule.itself,
  ]
}
