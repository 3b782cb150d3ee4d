"""Webhooks of GitHub, GitLab, Jenkins and Argo CD: log events, and deploys as markers beside the logs."""
