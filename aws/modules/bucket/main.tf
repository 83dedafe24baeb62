# A private bucket: versioned, encrypted, TLS only.
resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Access logs cost a second bucket; CloudTrail data events show the same calls where they are needed.
  #checkov:skip=CKV_AWS_144:The records are in Kafka and in the source; a copy in another region doubles the costs.
  #checkov:skip=CKV_AWS_145:SSE-S3 encrypts every object; a customer-managed key would only add costs and key policies.
  #checkov:skip=CKV2_AWS_62:Nothing reacts to new objects; Spark lists the bucket.
  bucket        = var.bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = templatefile("${path.module}/../../policies/bucket.json", { bucket = var.bucket })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = var.old_versions_days
    }

    dynamic "transition" {
      for_each = var.transition_ia_days == null ? [] : [var.transition_ia_days]

      content {
        days          = transition.value
        storage_class = "STANDARD_IA"
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
