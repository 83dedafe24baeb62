locals {
  own_metrics = { namespace = var.name, dead_letters = "DeadLetters" }
  one_each = {
    connector-failed = {
      description = "A task of the connector has failed; its reason is in the log /msk-connect/${var.connector_name}."
      namespace   = "AWS/KafkaConnect"
      metric      = "ErroredTaskCount"
      dimensions  = { ConnectorName = var.connector_name }
      statistic   = "Maximum"
      threshold   = 1
    }
    dead-letters = {
      description = "The connector has written dead letters; its log has their offsets."
      namespace   = local.own_metrics.namespace
      metric      = local.own_metrics.dead_letters
      dimensions  = {}
      statistic   = "Sum"
      threshold   = 1
    }
    api-errors = {
      description = "The API answers 5xx; the access log has the requests."
      namespace   = "AWS/ApiGateway"
      metric      = "5XXError"
      dimensions  = { ApiName = var.api.name, Stage = var.api.stage }
      statistic   = "Sum"
      threshold   = var.thresholds.api_errors
    }
    # API Gateway counts throttled requests (429) as 4xx and has no metric of their own.
    api-refused = {
      description = "The API refuses requests: throttled (429), without a key (403) or invalid (400)."
      namespace   = "AWS/ApiGateway"
      metric      = "4XXError"
      dimensions  = { ApiName = var.api.name, Stage = var.api.stage }
      statistic   = "Sum"
      threshold   = var.thresholds.api_refused
    }
    proxy-down = {
      description = "The REST proxy does not answer."
      namespace   = "AWS/NetworkELB"
      metric      = "UnHealthyHostCount"
      dimensions  = { LoadBalancer = var.load_balancer.load_balancer, TargetGroup = var.load_balancer.targets }
      statistic   = "Maximum"
      threshold   = 1
    }
  }
  lag = {
    for topic in var.topics : "consumer-lag-${topic}" => {
      description = "The connector is behind on ${topic}."
      namespace   = "AWS/Kafka"
      metric      = "SumOffsetLag"
      dimensions = {
        "Cluster Name"   = var.cluster_name
        "Consumer Group" = "connect-${var.connector_name}"
        Topic            = topic
      }
      statistic = "Maximum"
      threshold = var.thresholds.consumer_lag_records
    }
  }
  # Topics keep all records. A serverless cluster has no disks.
  disks = {
    for broker in range(1, var.brokers + 1) : "disk-full-${broker}" => {
      description = "The disk of broker ${broker} is almost full; at 100 % the API refuses all records for Kafka."
      namespace   = "AWS/Kafka"
      metric      = "KafkaDataLogsDiskUsed"
      dimensions  = { "Cluster Name" = var.cluster_name, "Broker ID" = tostring(broker) }
      statistic   = "Maximum"
      threshold   = var.thresholds.disk_used_percent
    }
  }
  age = {
    for stream in var.streams : "iterator-age-${stream}" => {
      description = "The reader of ${stream} is behind; records are lost after the retention."
      namespace   = "AWS/Kinesis"
      metric      = "GetRecords.IteratorAgeMilliseconds"
      dimensions  = { StreamName = stream }
      statistic   = "Maximum"
      threshold   = var.thresholds.iterator_age_ms
    }
  }
  throttles = {
    for stream in var.streams : "throttled-writes-${stream}" => {
      description = "Kinesis refuses records of ${stream}: too few shards."
      namespace   = "AWS/Kinesis"
      metric      = "WriteProvisionedThroughputExceeded"
      dimensions  = { StreamName = stream }
      statistic   = "Sum"
      threshold   = var.thresholds.throttled_stream_writes
    }
  }
  alarms = merge(local.one_each, local.lag, local.disks, local.age, local.throttles)
}

resource "aws_cloudwatch_log_metric_filter" "dead_letters" {
  name           = "${var.name}-dead-letters"
  log_group_name = var.connector_log_group
  pattern        = "\"Dead letter: offset\""

  metric_transformation {
    namespace = local.own_metrics.namespace
    name      = local.own_metrics.dead_letters
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# A connector that is gone sends no metric at all.
resource "aws_cloudwatch_metric_alarm" "connector_stopped" {
  alarm_name          = "${var.name}-connector-stopped"
  alarm_description   = "No task of the connector runs."
  namespace           = "AWS/KafkaConnect"
  metric_name         = "RunningTaskCount"
  dimensions          = { ConnectorName = var.connector_name }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# CloudWatch cannot publish to a topic with the key of AWS, so the topic has its own.
resource "aws_kms_key" "this" {
  description             = "Alarms of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = templatefile("${path.module}/../../policies/alarm_key.json", { account_id = var.account_id })
}

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.id
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = templatefile("${path.module}/../../policies/alarm_topic.json", {
    alarm_topic_arn = aws_sns_topic.this.arn
    account_id      = var.account_id
  })
}

resource "aws_sns_topic_subscription" "email" {
  count = var.email == null ? 0 : 1

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = var.email
}

resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      comparison_operator       = "GREATER_THAN"
      subscriber_sns_topic_arns = [aws_sns_topic.this.arn]
    }
  }

  depends_on = [aws_sns_topic_policy.this]
}
