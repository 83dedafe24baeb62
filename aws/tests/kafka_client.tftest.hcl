# The EC2 Kafka client alone: how it boots, and what its role may do.

mock_provider "aws" {
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
}

variables {
  shared_secret = { name = "/pinterest/proxy-secret", arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/pinterest/proxy-secret" }

  name                = "pinterest"
  vpc_id              = "vpc-1"
  subnet_id           = "subnet-1"
  bootstrap_servers   = "boot-abc.c1.kafka-serverless.eu-west-1.amazonaws.com:9098"
  cluster_arn         = "arn:aws:kafka:eu-west-1:111122223333:cluster/pinterest/0a1b-s1"
  region              = "eu-west-1"
  user_id             = "demo"
  proxy_source        = "s3://artifacts/kafka-rest/kafka-rest.zip"
  artifact_bucket_arn = "arn:aws:s3:::artifacts"
}

run "kafka_client_defaults" {
  module {
    source = "./modules/kafka_client"
  }

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required"
    error_message = "The instance accepts IMDSv1."
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted
    error_message = "The disk is not encrypted."
  }

  assert {
    condition     = !aws_instance.this.associate_public_ip_address
    error_message = "The instance has a public address."
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, "--user-id 'demo' --partitions 3 --serverless")
    error_message = "The topics do not fit MSK Serverless."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.kafka_client.policy, "\"arn:aws:kafka:eu-west-1:111122223333:topic/pinterest/0a1b-s1/demo.dead_letters\"")
    error_message = "The role may not create the topics of the user."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.kafka_client.policy, "\"arn:aws:s3:::artifacts/kafka-rest/kafka-rest.zip\"")
    error_message = "The role may not read the archive."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.kafka_client.policy, "\"arn:aws:ssm:eu-west-1:111122223333:parameter/pinterest/proxy-secret\"")
    error_message = "The role may not read the secret."
  }
}

run "kafka_client_on_provisioned_msk" {
  module {
    source = "./modules/kafka_client"
  }

  variables {
    bootstrap_servers = "b-1.a.c2.kafka.eu-west-1.amazonaws.com:9098,b-2.a.c2.kafka.eu-west-1.amazonaws.com:9098"
    key_name          = "jo"
  }

  assert {
    condition     = !strcontains(aws_instance.this.user_data, "--serverless")
    error_message = "The topics do not fit a provisioned cluster."
  }

  assert {
    condition     = aws_instance.this.key_name == "jo"
    error_message = "The key pair is not used."
  }
}

run "kafka_client_refuses_other_values" {
  command = plan

  module {
    source = "./modules/kafka_client"
  }

  variables {
    bootstrap_servers = "no port"
    cluster_arn       = "arn:aws:kafka:eu-west-1:1:topic/x"
    user_id           = "_demo"
    partitions        = 0
    proxy_port        = 80
    proxy_source      = "https://example.com/kafka-rest.zip"
  }

  expect_failures = [
    var.bootstrap_servers,
    var.cluster_arn,
    var.user_id,
    var.partitions,
    var.proxy_port,
    var.proxy_source,
  ]
}
