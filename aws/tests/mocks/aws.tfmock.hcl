# Values that AWS would give and that others are made of.

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "111122223333"
  }
}

mock_data "aws_availability_zones" {
  defaults = {
    names = ["us-east-1a", "us-east-1b", "us-east-1c"]
  }
}

mock_data "aws_ssm_parameter" {
  defaults = {
    value = "ami-0123456789abcdef0"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::111122223333:role/mock"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::mock"
  }
}

mock_resource "aws_msk_serverless_cluster" {
  defaults = {
    arn                        = "arn:aws:kafka:us-east-1:111122223333:cluster/mock/11111111-2222-3333-4444-555555555555-s1"
    bootstrap_brokers_sasl_iam = "boot-mock.c1.kafka-serverless.us-east-1.amazonaws.com:9098"
  }
}

mock_resource "aws_msk_cluster" {
  defaults = {
    arn                        = "arn:aws:kafka:us-east-1:111122223333:cluster/mock/11111111-2222-3333-4444-555555555555-1"
    bootstrap_brokers_sasl_iam = "b-1.mock.kafka.us-east-1.amazonaws.com:9098,b-2.mock.kafka.us-east-1.amazonaws.com:9098"
  }
}

mock_resource "aws_msk_configuration" {
  defaults = {
    arn             = "arn:aws:kafka:us-east-1:111122223333:configuration/mock/11111111-2222-3333-4444-555555555555-1"
    latest_revision = 1
  }
}

mock_resource "aws_mskconnect_custom_plugin" {
  defaults = {
    arn             = "arn:aws:kafkaconnect:us-east-1:111122223333:custom-plugin/mock/11111111-2222-3333-4444-555555555555-1"
    latest_revision = 1
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:us-east-1:111122223333:log-group:mock"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:us-east-1:111122223333:mock"
  }
}

mock_resource "aws_lb" {
  defaults = {
    arn      = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/mock/1111111111111111"
    dns_name = "mock-1111111111111111.elb.us-east-1.amazonaws.com"
  }
}

mock_resource "aws_lb_target_group" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/mock/1111111111111111"
  }
}

mock_resource "aws_api_gateway_vpc_link" {
  defaults = {
    id = "mocklink"
  }
}

mock_resource "aws_api_gateway_stage" {
  defaults = {
    invoke_url = "https://mock.execute-api.us-east-1.amazonaws.com/prod"
  }
}
