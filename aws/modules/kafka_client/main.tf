# The EC2 Kafka client: the REST proxy, and Kafka's command-line tools. It signs in to MSK by IAM.

locals {
  name     = "${var.name}-kafka-client"
  policies = "${path.module}/../../policies"

  # The module does not know the kind of the cluster; only the brokers of MSK Serverless have this name.
  serverless = strcontains(var.bootstrap_servers, ".kafka-serverless.")

  archive = regex("^s3://[^/]+/(.+)$", var.proxy_source)[0]

  user_data = templatefile("${path.module}/user_data.sh.tftpl", {
    bootstrap_servers       = var.bootstrap_servers
    client_properties       = file("${path.module}/client.properties")
    partitions              = var.partitions
    proxy_port              = var.proxy_port
    proxy_service           = file("${path.module}/kafka-rest-proxy.service")
    proxy_source            = var.proxy_source
    region                  = var.region
    serverless              = local.serverless
    shared_secret_parameter = var.shared_secret.name
    user_id                 = var.user_id
  })
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

resource "aws_iam_role" "this" {
  name               = local.name
  description        = "Kafka client and REST proxy: writes the topics of ${var.user_id}."
  assume_role_policy = file("${local.policies}/trust_ec2.json")
  tags               = var.tags
}

resource "aws_iam_role_policy" "kafka_client" {
  name = "kafka-client"
  role = aws_iam_role.this.id

  policy = templatefile("${local.policies}/kafka_client.json", {
    cluster_arn = var.cluster_arn
    topic_arn   = "${replace(var.cluster_arn, ":cluster/", ":topic/")}/${var.user_id}"
    archive_arn = "${var.artifact_bucket_arn}/${local.archive}"
    secret_arn  = var.shared_secret.arn
  })
}

resource "aws_iam_instance_profile" "this" {
  name = local.name
  role = aws_iam_role.this.name
  tags = var.tags
}

resource "aws_security_group" "this" {
  name        = local.name
  description = "Kafka client and REST proxy"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = local.name })
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = { brokers = 9098, aws = 443 }

  security_group_id = aws_security_group.this.id
  description       = each.key == "brokers" ? "MSK by IAM" : "S3, Session Manager"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  tags              = var.tags
}

resource "aws_instance" "this" {
  ami                         = data.aws_ssm_parameter.image.value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  key_name                    = var.key_name
  iam_instance_profile        = aws_iam_instance_profile.this.name
  vpc_security_group_ids      = [aws_security_group.this.id]
  associate_public_ip_address = false
  ebs_optimized               = true
  monitoring                  = true
  user_data                   = local.user_data
  user_data_replace_on_change = true

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    tags        = merge(var.tags, { Name = local.name })
  }

  tags = merge(var.tags, { Name = local.name })

  lifecycle {
    ignore_changes = [ami] # a newer image would replace the running proxy
  }

  # The first boot downloads the archive and creates the topics.
  depends_on = [
    aws_iam_role_policy.kafka_client,
    aws_vpc_security_group_egress_rule.this,
  ]
}
