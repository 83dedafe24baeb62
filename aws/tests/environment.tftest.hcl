# Applies the root with a mock provider, by default and in each variant. tests/unit/aws reads the
# resulting states: what is encrypted, named, tagged, private and allowed.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  proxy_archive    = "tests/mocks/aws.tfmock.hcl"
  connector_plugin = "tests/mocks/aws.tfmock.hcl"
}

run "defaults" {
  assert {
    condition     = output.topics == ["demo.pin", "demo.geo", "demo.user"]
    error_message = "The topics do not follow the rule <user-id>.<event>."
  }

  assert {
    condition     = output.stream_names == ["streaming-demo-pin", "streaming-demo-geo", "streaming-demo-user"]
    error_message = "The streams do not follow the rule streaming-<user-id>-<event>."
  }

  assert {
    condition     = output.landing_bucket == "pinterest-landing-111122223333"
    error_message = "The landing bucket's name does not contain the account."
  }

  assert {
    condition     = output.volume_location == "s3://${output.landing_bucket}"
    error_message = "The volume does not lie in the landing bucket."
  }

  assert {
    condition     = endswith(output.bootstrap_servers, ":9098")
    error_message = "Clients do not sign in by IAM: its port is 9098."
  }

  assert {
    condition     = output.role_arns.mwaa == null
    error_message = "MWAA exists without mwaa_enabled."
  }
}

run "named" {
  variables {
    name           = "pins-dev"
    user_id        = "0a1B_2.c-3"
    region         = "eu-west-2"
    landing_bucket = "my-landing"
    tags           = { team = "data" }
    alarm_email    = "team@example.com"

    kinesis                 = { mode = "PROVISIONED", shards = 4, retention_hours = 168 }
    api_authorization       = "AWS_IAM"
    api_throttle            = { rate = 5, burst = 10, quota = 1000 }
    manage_api_logging      = false
    databricks_external_ids = { landing = "3f0c", kinesis = "77aa" }
  }

  assert {
    condition     = output.topics[0] == "0a1B_2.c-3.pin" && output.stream_names[2] == "streaming-0a1B_2.c-3-user"
    error_message = "The names do not contain the user id."
  }

  assert {
    condition     = output.volume_location == "s3://my-landing"
    error_message = "The landing bucket does not have the chosen name."
  }
}

run "provisioned_msk" {
  variables {
    msk_type        = "provisioned"
    msk_provisioned = { brokers_per_zone = 3, volume_gib = 100 }
    connector_class = "io.confluent.connect.s3.S3SinkConnector"
    connector       = { tasks = 2, flush_size = 500, rotate_seconds = 30 }
    nat_gateway     = true
  }

  assert {
    condition     = length(split(",", output.bootstrap_servers)) == 2
    error_message = "The brokers are not those of the provisioned cluster."
  }
}

run "mwaa" {
  variables {
    mwaa_enabled          = true
    airflow_version       = "3.4.0"
    databricks_connection = { host = "dbc.cloud.databricks.com", client_id = "an-application" }
  }

  assert {
    condition     = output.role_arns.mwaa != null
    error_message = "MWAA has no role."
  }
}
