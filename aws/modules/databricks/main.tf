locals {
  names = { landing = "${var.name}-databricks-landing", kinesis = "${var.name}-databricks-kinesis" }
  # Built from the names, because each role names itself.
  arns = { for use, name in local.names : use => "arn:aws:iam::${var.account_id}:role/${name}" }
  policies = {
    landing = { bucket_arn = var.landing_bucket_arn, role_arn = local.arns.landing }
    kinesis = {
      region     = var.region
      account_id = var.account_id
      user_id    = var.user_id
      role_arn   = local.arns.kinesis
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.names

  name = each.value

  assume_role_policy = templatefile("${path.module}/../../policies/trust_databricks.json", {
    principal   = var.principal
    account_id  = var.account_id
    external_id = var.external_ids[each.key]
    role_arn    = local.arns[each.key]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.names

  name   = "databricks_${each.key}"
  role   = aws_iam_role.this[each.key].id
  policy = templatefile("${path.module}/../../policies/databricks_${each.key}.json", local.policies[each.key])
}
