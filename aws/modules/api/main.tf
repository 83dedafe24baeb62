locals {
  # The document that the local gateway serves, too.
  document = templatefile("${path.module}/../../../ingestion/api.yaml", {
    kafka_rest_url   = "http://${aws_lb.this.dns_name}:${var.proxy.port}"
    proxy_secret     = var.proxy_secret
    region           = var.region
    kinesis_role_arn = aws_iam_role.kinesis.arn
    vpc_link_id      = aws_api_gateway_vpc_link.this.id
    authorization    = var.authorization
  })
  log_format = {
    requestId         = "$context.requestId"
    time              = "$context.requestTimeEpoch"
    apiKeyId          = "$context.identity.apiKeyId"
    method            = "$context.httpMethod"
    path              = "$context.path"
    status            = "$context.status"
    responseLength    = "$context.responseLength"
    latency           = "$context.responseLatency"
    integrationStatus = "$context.integration.status"
    error             = "$context.error.message"
  }
}

# Streams

resource "aws_iam_role" "kinesis" {
  name               = "${var.name}-api-kinesis"
  assume_role_policy = templatefile("${path.module}/../../policies/trust_api.json", {})
}

resource "aws_iam_role_policy" "kinesis" {
  name = "api_kinesis"
  role = aws_iam_role.kinesis.id

  policy = templatefile("${path.module}/../../policies/api_kinesis.json", {
    region     = var.region
    account_id = var.account_id
    user_id    = var.user_id
  })
}

# Topics: a private way to the REST proxy. The load balancer admits only the VPC link, whose traffic no
# rule checks, and the proxy admits only the load balancer.

resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-proxy-load-balancer"
  description = "Load balancer of the REST proxy"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "REST proxy"
  referenced_security_group_id = var.proxy.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.proxy.port
  to_port                      = var.proxy.port
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  security_group_id            = var.proxy.security_group_id
  description                  = "REST proxy, from its load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = var.proxy.port
  to_port                      = var.proxy.port
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:The access logs of the API show the same requests.
  #checkov:skip=CKV_AWS_150:terraform destroy must work; nothing is stored here.
  #checkov:skip=CKV2_AWS_28:A network load balancer takes no WAF, and only the VPC link reaches it.
  name                             = "${var.name}-proxy"
  load_balancer_type               = "network"
  internal                         = true
  subnets                          = var.subnet_ids
  security_groups                  = [aws_security_group.load_balancer.id]
  enable_cross_zone_load_balancing = true

  enforce_security_group_inbound_rules_on_private_link_traffic = "off"
}

resource "aws_lb_target_group" "this" {
  name               = "${var.name}-proxy"
  vpc_id             = var.vpc_id
  port               = var.proxy.port
  protocol           = "TCP"
  target_type        = "instance"
  preserve_client_ip = false

  # TCP: the proxy answers HTTP only to names that it knows.
  health_check {
    protocol = "TCP"
    interval = 10
  }
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = var.proxy.instance_id
  port             = var.proxy.port
}

resource "aws_lb_listener" "this" {
  #checkov:skip=CKV_AWS_2:HTTP stays inside the VPC and the VPC link; the API itself is HTTPS only.
  #checkov:skip=CKV_AWS_103:A TCP listener has no TLS policy.
  load_balancer_arn = aws_lb.this.arn
  port              = var.proxy.port
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_api_gateway_vpc_link" "this" {
  name        = "${var.name}-proxy"
  target_arns = [aws_lb.this.arn]
}

# The API

resource "aws_api_gateway_rest_api" "this" {
  name = var.name
  body = local.document
  # API Gateway decompresses requests only where compression is on. This size compresses no answer.
  minimum_compression_size = "10485760"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = {
    document = nonsensitive(sha256(local.document))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_iam_role_policy.kinesis, aws_lb_listener.this]
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts all logs; a customer-managed key would only add costs.
  #checkov:skip=CKV_AWS_338:The retention is a variable.
  name              = "/api-gateway/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_73:X-Ray would trace two hops of which the access log has status and latency.
  #checkov:skip=CKV_AWS_120:Every request writes; there is nothing to cache.
  #checkov:skip=CKV2_AWS_29:Only clients with an API key get past the usage plan; a WAF costs as much as the API.
  #checkov:skip=CKV2_AWS_51:Clients authenticate with the API key.
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = var.stage

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.log_format)
  }

  depends_on = [aws_api_gateway_account.this]
}

resource "aws_api_gateway_method_settings" "this" {
  #checkov:skip=CKV_AWS_225:Every request writes; there is nothing to cache.
  #checkov:skip=CKV_AWS_308:Every request writes; there is nothing to cache.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }
}

resource "aws_api_gateway_api_key" "this" {
  name = var.name
}

resource "aws_api_gateway_usage_plan" "this" {
  name = var.name

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = var.throttle.rate
    burst_limit = var.throttle.burst
  }

  dynamic "quota_settings" {
    for_each = var.throttle.quota == null ? [] : [var.throttle.quota]

    content {
      limit  = quota_settings.value
      period = "DAY"
    }
  }
}

# For clients that sign their requests.
resource "aws_iam_policy" "caller" {
  name = "${var.name}-api-caller"

  policy = templatefile("${path.module}/../../policies/api_caller.json", {
    stage_arn = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage}"
    user_id   = var.user_id
  })
}

resource "aws_api_gateway_usage_plan_key" "this" {
  usage_plan_id = aws_api_gateway_usage_plan.this.id
  key_id        = aws_api_gateway_api_key.this.id
  key_type      = "API_KEY"
}

# One setting for the account and region: with which role API Gateway writes logs.

resource "aws_iam_role" "logs" {
  count = var.manage_logging ? 1 : 0

  name               = "${var.name}-api-logs"
  assume_role_policy = templatefile("${path.module}/../../policies/trust_api.json", {})
}

resource "aws_iam_role_policy" "logs" {
  count = var.manage_logging ? 1 : 0

  name = "api_logs"
  role = aws_iam_role.logs[0].id

  policy = templatefile("${path.module}/../../policies/api_logs.json", {
    region     = var.region
    account_id = var.account_id
  })
}

resource "aws_api_gateway_account" "this" {
  count = var.manage_logging ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.logs[0].arn

  depends_on = [aws_iam_role_policy.logs]
}
