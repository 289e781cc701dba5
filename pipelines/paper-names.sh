# What datasets are called in the report: sourced by the scripts that make it.
# shellcheck shell=bash
title() { # title DATASET
	case $1 in
	demo) echo "Made-up shop" ;;
	large) echo "Made-up shop, Electronics' size" ;;
	tiktok) echo TikTok ;;
	*) echo "${1^}" ;;
	esac
}
